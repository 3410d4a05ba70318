/**
 * Passkeys: a form that asks the browser for one, and is sent with what the browser says.
 * Invariant: nothing is sent but what `navigator.credentials` gave; where it gives nothing, the form stays as it is, and says so.
 */

/** @typedef {{publicKey: any}} Options */

const isSupported = isSecureContext && typeof PublicKeyCredential !== "undefined" && "parseRequestOptionsFromJSON" in PublicKeyCredential;

/** What the server asks of the browser. @param {HTMLFormElement} form @returns {Promise<Options>} */
async function optionsOf(form) {
  const url = form.dataset.optionsUrl;
  if (!url) return JSON.parse(form.querySelector("script[type='application/json']")?.textContent ?? "");
  const answer = await fetch(url, { headers: { Accept: "application/json" } });
  return (await answer.json()).request_options;
}

/** A new passkey. One that signs in by itself is kept in the device, and checks who holds it. @param {Options} options @param {boolean} isAlone */
function create({ publicKey }, isAlone) {
  const selection = isAlone
    ? { residentKey: "required", requireResidentKey: true, userVerification: "required" }
    : { residentKey: "discouraged", requireResidentKey: false };
  const asked = { ...publicKey, authenticatorSelection: { ...publicKey.authenticatorSelection, ...selection } };
  return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(asked) });
}

/** One that there is. @param {Options} options */
function get({ publicKey }) {
  return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) });
}

/** @param {HTMLFormElement} form @param {string} name */
const part = (form, name) => /** @type {HTMLElement | null} */ (form.querySelector(`[data-slot="${name}"]`));

/** @param {HTMLFormElement} form */
async function ask(form) {
  const failed = part(form, "failed");
  if (failed) failed.hidden = true;
  const alone = /** @type {HTMLInputElement | null} */ (form.elements.namedItem("passwordless"));
  try {
    const options = await optionsOf(form);
    const credential = await (form.dataset.passkey === "create" ? create(options, Boolean(alone?.checked)) : get(options));
    const field = /** @type {HTMLInputElement} */ (form.elements.namedItem("credential"));
    field.value = JSON.stringify(credential);
    form.submit();
  } catch {
    if (failed) failed.hidden = false;
  }
}

for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll("form[data-passkey]"))) {
  const button = part(form, "ask");
  const unsupported = part(form, "unsupported");
  if (button) button.hidden = !isSupported;
  if (unsupported) unsupported.hidden = isSupported;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void ask(form);
  });
}
