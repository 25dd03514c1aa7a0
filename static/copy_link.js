/* A button that copies the link beside it. Without JavaScript the link can be selected and copied by hand. */
(() => {
  async function copy(field) {
    field.select();
    if (navigator.clipboard) await navigator.clipboard.writeText(field.value);
    else document.execCommand("copy");
  }

  for (const link of document.querySelectorAll("[data-link]")) {
    const button = link.querySelector("[data-copy]");
    const field = link.querySelector("input");
    const text = button.textContent;
    button.hidden = false;
    field.addEventListener("focus", () => field.select());
    button.addEventListener("click", async () => {
      await copy(field);
      button.textContent = button.dataset.copied;
      setTimeout(() => { button.textContent = text; }, 2000);
    });
  }
})();
