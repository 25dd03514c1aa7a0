/* Forms that a passkey fills in. They are hidden where there is no JavaScript, or no passkeys. */
(() => {
  const toBytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const toText = (bytes) =>
    btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  function read(options) {
    const key = options.publicKey;
    key.challenge = toBytes(key.challenge);
    if (key.user) key.user.id = toBytes(key.user.id);
    for (const list of [key.excludeCredentials, key.allowCredentials]) {
      for (const each of list || []) each.id = toBytes(each.id);
    }
    return options;
  }

  function write(credential) {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (credential.response[name]) response[name] = toText(credential.response[name]);
    }
    return JSON.stringify({ id: credential.id, rawId: toText(credential.rawId), type: credential.type, response });
  }

  for (const form of document.querySelectorAll("[data-passkey]")) {
    if (!window.PublicKeyCredential) continue;
    const trouble = form.querySelector("[data-trouble]");
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      if (form.elements.passkey.value) return;
      event.preventDefault();
      trouble.hidden = true;
      try {
        const options = read(JSON.parse(form.dataset.options));
        form.elements.passkey.value = write(await navigator.credentials[form.dataset.passkey](options));
        form.submit();
      } catch {
        trouble.textContent = form.dataset.failed;
        trouble.hidden = false;
      }
    });
  }
})();
