/* Says which time zone the browser is in, so that pages tell times as the clock on the wall does. Kept for the session. */
(() => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!/^[A-Za-z0-9_+\-/]{1,64}$/.test(zone ?? "")) return;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `time_zone=${zone}; Path=/; SameSite=Lax${secure}`;
})();
