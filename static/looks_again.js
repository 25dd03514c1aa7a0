/* A page that waits for something looks again by itself, and shows what has changed in its place: the focus stays,
   nothing scrolls, and what is new is said once, politely. The pauses grow, a page nobody looks at does not look, and
   after a while it stops and says so. Without this script a link does the same. */
(() => {
  const GROWTH = 1.3;
  const LONGEST_PAUSE = 60; // seconds
  const STOPS_AFTER = 30 * 60 * 1000;
  const main = document.querySelector("main");
  const waiting = () => main.querySelector("[data-looks-again]");
  let etag = "", pause = 0, timer = 0, endsAt = 0, isLooking = false;

  const begin = () => {
    pause = Number(waiting()?.dataset.looksAgain);
    endsAt = Date.now() + STOPS_AFTER;
    showStopped(false);
  };

  const showStopped = (isStopped) => {
    const stopped = waiting()?.querySelector("[data-stopped]");
    if (!stopped) return;
    stopped.hidden = !isStopped;
    stopped.previousElementSibling.hidden = isStopped;
    if (isStopped) say(stopped.textContent);
  };

  const say = (text) => {
    const place = document.getElementById("news");
    place.textContent = "";
    setTimeout(() => (place.textContent = text), 100); // an empty moment, so that the same words are said again
  };
  const sayHidden = (name) => say(waiting()?.querySelector(`[data-${name}]`)?.textContent ?? "");
  const news = () => [...main.querySelectorAll("h1, [data-news]")].map((each) => each.textContent.trim()).join(". ");

  const plan = () => {
    clearTimeout(timer);
    if (!waiting()) return;
    if (Date.now() > endsAt) return showStopped(true);
    // A little apart from others who wait for the same.
    timer = setTimeout(() => document.hidden || look(), pause * 1000 * (0.9 + Math.random() / 5));
    pause = Math.min(pause * GROWTH, LONGEST_PAUSE);
  };

  const look = async (isPressed = false) => {
    if (isLooking || !waiting()) return;
    isLooking = true;
    clearTimeout(timer);
    try {
      await ask(isPressed);
    } catch {
      if (isPressed) sayHidden("no-answer"); // no network: the next look may find one
    }
    isLooking = false;
    plan();
  };

  const ask = async (isPressed) => {
    const headers = { "X-Looks-Again": "1", ...(etag && { "If-None-Match": etag }) };
    const answer = await fetch(waiting().dataset.looksAt ?? location.href, { headers, cache: "no-store" });
    if (answer.redirected) return location.assign(answer.url);
    if (answer.status === 429 || answer.status >= 500) throw new Error(answer.statusText);
    const html = answer.status === 304 ? "" : await answer.text();
    etag = answer.headers.get("ETag") ?? "";
    const before = news();
    if (html) show(new DOMParser().parseFromString(html, "text/html"));
    if (news() !== before) {
      say(news());
      begin();
    } else if (isPressed) sayHidden("nothing-new");
  };

  const show = (page) => {
    const next = page.querySelector("main");
    if (!next) return;
    const focused = document.activeElement;
    const messages = next.querySelector(":scope > [role=status]");
    if (!messages?.children.length) messages?.replaceWith(main.querySelector(":scope > [role=status]").cloneNode(true));
    become(main, next);
    document.title = page.title;
    if (!focused.isConnected) main.focus({ preventScroll: true });
    main.querySelector("form[data-goes-on]")?.requestSubmit();
  };

  // Changes what differs and leaves the rest alone, with its focus and whatever was typed or opened.
  const become = (now, next) => {
    if (now.isEqualNode(next)) return;
    if (now.nodeType !== Node.ELEMENT_NODE) return void (now.data = next.data);
    for (const { name } of [...now.attributes]) if (name !== "open" && !next.hasAttribute(name)) now.removeAttribute(name);
    for (const { name, value } of next.attributes) if (now.getAttribute(name) !== value) now.setAttribute(name, value);
    let rest = [...now.childNodes];
    for (const each of next.childNodes) {
      const place = rest.findIndex((old) => isLike(old, each));
      const between = rest.slice(0, Math.max(place, 0));
      if (place < 0 || between.some((old) => old.contains(document.activeElement))) {
        now.insertBefore(document.importNode(each, true), rest[0] ?? null);
        continue;
      }
      between.forEach((old) => old.remove());
      become(rest[place], each);
      rest = rest.slice(place + 1);
    }
    rest.forEach((old) => old.remove());
  };
  const isLike = (old, next) => old.nodeName === next.nodeName && old.id === next.id && old.className === next.className;

  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("[data-look]") || !waiting() || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    begin();
    look(true);
  });
  document.addEventListener("visibilitychange", () => document.hidden || Date.now() > endsAt || look());
  begin();
  plan();
})();
