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

/* The search narrows what is below it while somebody types; its button searches as without a script. */
(() => {
  const form = document.querySelector("form[data-narrows]");
  const found = form && document.getElementById(form.dataset.narrows);
  if (!found) return;
  const words = document.getElementById(`${found.id}-words`);
  let asking, timer;

  const narrow = async () => {
    asking?.abort();
    asking = new AbortController();
    const query = form.elements.q.value.trim();
    const address = query ? `${form.action}?${new URLSearchParams({ q: query })}` : form.action;
    try {
      const answer = await fetch(address, { headers: { "X-Narrows": "1" }, signal: asking.signal });
      if (!answer.ok || answer.redirected) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const now = page.getElementById(found.id);
      found.replaceChildren(...now.childNodes);
      words.textContent = now.dataset.words;
      history.replaceState(history.state, "", address);
    } catch {
      // Typed on meanwhile, or no network: the button still searches.
    }
  };

  form.elements.q.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(narrow, 200);
  });
  form.addEventListener("submit", () => clearTimeout(timer));
})();
