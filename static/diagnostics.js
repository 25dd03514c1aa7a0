/* Adds comfort only. Until a reader has chosen a time zone, the browser's own is chosen for them, once. */
(() => {
  const form = document.getElementById("zone-form");
  if (!form || form.dataset.chosen === "yes") return;
  const select = form.elements.zone;
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const isKnown = [...select.options].some((option) => option.value === here);
  if (!isKnown || select.value === here || sessionStorage.getItem("zone-chosen")) return;
  sessionStorage.setItem("zone-chosen", here);
  select.value = here;
  form.requestSubmit();
})();
