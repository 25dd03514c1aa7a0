/* Shows how a batch gets on without a reload. Without JavaScript the page reloads itself. */
(() => {
  const EVERY = 3000;
  const box = document.querySelector("[data-progress-url]");
  if (!box) return;

  const isInUse = (element) => element.contains(document.activeElement) && document.activeElement !== document.body;

  async function look() {
    const answer = await fetch(box.dataset.progressUrl, { cache: "no-store", redirect: "manual" });
    if (answer.type === "opaqueredirect" || answer.status === 403 || answer.status === 404) {
      location.reload(); // signed out, or no longer allowed: the page says so
      return false;
    }
    if (!answer.ok) return true;
    const news = await answer.text();
    if (isInUse(box)) return true; // not under somebody's fingers
    box.innerHTML = news;
    if (!box.querySelector("[data-finished]")) return true;
    // The list below is from before. Somebody who is using it right now reloads when it suits them.
    if (!isInUse(document.getElementById("rows"))) location.reload();
    return false;
  }

  async function keepLooking() {
    let goOn = true;
    if (!document.hidden) {
      try {
        goOn = await look();
      } catch {
        goOn = true; // the network is away; it may come back
      }
    }
    if (goOn) setTimeout(keepLooking, EVERY);
  }

  setTimeout(keepLooking, EVERY);
})();
