/* Adds comfort only; every page works without it. A form that changes something is sent once, however often
   its button is tapped. After some seconds it may be sent again, in case the network swallowed it. */
(() => {
  const sentAt = new WeakMap();
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (event.timeStamp - (sentAt.get(form) ?? -Infinity) < 5000) event.preventDefault();
    else sentAt.set(form, event.timeStamp);
  });

  // A form that waits for something of ours presses itself, while its page is looked at.
  const waiting = document.querySelector("form[data-goes-on]");
  const goOn = () => (document.hidden ? setTimeout(goOn, 1000) : waiting.requestSubmit());
  if (waiting) setTimeout(goOn, 4000);
})();
