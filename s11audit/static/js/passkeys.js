// Passkeys: asks the browser to make one or to show one, and sends the form with what it gave.
// A form says which by data-passkey ("create" or "get") and carries the server's options.

const LONGEST_NAME = 60; // as forms/second_factor.py has it

const bytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));

const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");

function asked(form) {
  const options = JSON.parse(form.dataset.options);
  options.challenge = bytes(options.challenge);
  if (options.user) options.user.id = bytes(options.user.id);
  for (const list of [options.excludeCredentials, options.allowCredentials]) {
    for (const each of list || []) each.id = bytes(each.id);
  }
  return { publicKey: options };
}

function given(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = text(credential.response[name]);
  }
  return JSON.stringify({
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    response,
    clientExtensionResults: credential.getClientExtensionResults(),
  });
}

function words(problem) {
  if (problem.name === "InvalidStateError") return "This device holds a passkey of yours already.";
  if (problem.name === "NotAllowedError") return "No passkey was chosen, or it took too long. Try again.";
  return "This browser could not use a passkey. Try another way to sign in.";
}

async function send(form) {
  const problem = form.querySelector("[data-passkey-problem]");
  problem.textContent = "";
  try {
    const use = form.dataset.passkey === "create" ? "create" : "get";
    const credential = await navigator.credentials[use](asked(form));
    form.elements.credential.value = given(credential);
  } catch (error) {
    problem.textContent = words(error);
    return;
  }
  HTMLFormElement.prototype.submit.call(form); // a button is named "submit" too
}

if (window.PublicKeyCredential && navigator.credentials) {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      // A wrong name goes to the server, which says so: no passkey is made that nobody keeps.
      const name = form.elements.name;
      const typed = name instanceof HTMLInputElement ? name.value.trim() : "a name";
      if (!typed || typed.length > LONGEST_NAME) return;
      event.preventDefault();
      send(form);
    });
  }
  for (const note of document.querySelectorAll("[data-passkey-needs]")) note.hidden = true;
}
