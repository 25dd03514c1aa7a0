/* For owners' and staff's pages. Says which time zone the browser is in, so that pages tell times as the clock on the wall does. Kept for the session. */
(() => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!/^[A-Za-z0-9_+\-/]{1,64}$/.test(zone ?? "")) return;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `time_zone=${zone}; Path=/; SameSite=Lax${secure}`;
})();

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
})();
