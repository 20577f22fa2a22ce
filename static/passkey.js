"use strict";
// Passkeys. Each form with the class `passkey` holds a ceremony of WebAuthn and posts its result; its button shows where the browser
// can do it. The sign-in page offers passkeys in the field of the name, too, without being asked (conditional mediation). After a
// sign-in the browser may make a passkey by itself (conditional create).
const able = Boolean(window.PublicKeyCredential && navigator.credentials);
// The server gives a ceremony five minutes.
const FRESH = 4.5 * 60 * 1000;

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

// Browsers have learned only lately to read and write JSON themselves.
const read = (json) => {
  const options = JSON.parse(json);
  options.challenge = bytes(options.challenge);
  if (options.user) options.user.id = bytes(options.user.id);
  for (const list of ["excludeCredentials", "allowCredentials"]) {
    options[list] = options[list]?.map((one) => ({ ...one, id: bytes(one.id) }));
  }
  return options;
};

const write = ({ rawId, type, response }) => {
  const sent = { clientDataJSON: text(response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[name]?.byteLength) sent[name] = text(response[name]);
  }
  return JSON.stringify({ id: text(rawId), rawId: text(rawId), type, response: sent });
};

// What the browser does without its person ends when the person is asked.
const unasked = new AbortController();

for (const form of document.querySelectorAll("form.passkey")) {
  if (!able) break;
  const { ceremony: kind, failed } = form.dataset;
  const [button, problem] = [form.querySelector("button"), form.querySelector(".problem")];
  let asking = new AbortController();

  // While a person is asked, nothing else asks.
  let isAsked = false;

  const ask = async (mediation) => {
    unasked.abort();
    asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    const publicKey = read(form.dataset.options);
    const credential = await navigator.credentials[kind]({ publicKey, signal, ...(mediation && { mediation }) });
    const keep = document.querySelector("input[name=keep_signed_in]");
    if (form.elements.keep && keep?.checked) form.elements.keep.value = "yes";
    form.elements.response.value = write(credential);
    form.submit();
  };

  const autofill = async () => {
    const field = document.querySelector("input[autocomplete~=webauthn]");
    if (kind !== "get" || !field || !(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
    // Whoever chooses none types the password.
    await ask("conditional").catch(() => {});
  };

  const renew = async () => {
    if (isAsked) return;
    const answer = await fetch(form.action, { headers: { accept: "application/json" } });
    if (!answer.ok) return;
    const { options, ceremony } = await answer.json();
    form.dataset.options = options;
    form.elements.ceremony.value = ceremony;
    autofill();
  };
  if (kind === "get") setInterval(() => renew().catch(() => {}), FRESH);

  for (const hint of form.querySelectorAll(".unable")) hint.hidden = true;
  button.hidden = false;
  button.addEventListener("click", (event) => {
    event.preventDefault();
    problem.hidden = true;
    isAsked = true;
    ask().catch(() => {
      isAsked = false;
      problem.textContent = failed;
      problem.hidden = false;
      autofill();
    });
  });
  autofill();
}

// Whether the browser makes passkeys by itself, if its password manager wants that.
const isAutomatic = async () => (await PublicKeyCredential.getClientCapabilities?.())?.conditionalCreate === true;

// The forms of a sign-in say what the browser can do, so that a passkey is offered only where one can be made.
const say = async (fields) => {
  if (!(await PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable?.())) return;
  const value = (await isAutomatic().catch(() => false)) ? "automatic" : "asked";
  for (const field of fields) field.value = value;
};
const fields = document.querySelectorAll("input[name=passkeys]");
if (able && fields.length) say(fields).catch(() => {});

const makeUnasked = async (form) => {
  if (!able || !(await isAutomatic())) return;
  const publicKey = read(form.dataset.options);
  const credential = await navigator.credentials.create({ publicKey, mediation: "conditional", signal: unasked.signal });
  if (unasked.signal.aborted) return;
  form.elements.response.value = write(credential);
  form.submit();
  // The way on must not overtake the form.
  unasked.abort();
  return true;
};
const automatic = document.querySelector("form.passkey-automatic");
const onward = document.getElementById("onward");
// Where nobody is asked, nobody waits longer than a second.
const goOn = () => {
  if (!onward || unasked.signal.aborted) return;
  unasked.abort();
  location.replace(onward.href);
};
document.querySelector("form.passkey-later")?.addEventListener("submit", () => unasked.abort());
if (onward) setTimeout(goOn, 1000);
if (automatic) makeUnasked(automatic).catch(() => false).then((isMade) => isMade || goOn());

// Tells the browser which passkeys there are (the Signal API), so that it offers none that is gone.
const tell = async ({ accepted, unknown }) => {
  if (unknown) await PublicKeyCredential.signalUnknownCredential?.(JSON.parse(unknown));
  if (!accepted) return;
  const { rpId, userId, allAcceptedCredentialIds, name, displayName } = JSON.parse(accepted);
  await PublicKeyCredential.signalAllAcceptedCredentials?.({ rpId, userId, allAcceptedCredentialIds });
  await PublicKeyCredential.signalCurrentUserDetails?.({ rpId, userId, name, displayName });
};
for (const place of document.querySelectorAll(".passkey-signal")) {
  if (able) tell(place.dataset).catch(() => {});
}
