// What was typed and not yet saved, kept in this browser until the server has acknowledged it.
// A draft belongs to one account, return and standard: another account never reads it.
const PREFIX = "s11audit:draft";
const NOT_KEPT = new Set(["csrf_token", "based_on", "base"]);

/** Returns the name under which the draft of this form is kept. */
export function draftKey(form) {
  const { account, return: returnId, standard } = form.dataset;
  return [PREFIX, account, returnId, standard].join(":");
}

/** Returns what the form holds, as [name, value] pairs in its order. */
export function valuesOf(form) {
  return [...new FormData(form)].filter(([name]) => !NOT_KEPT.has(name));
}

/** Keeps what the form holds, and what it was based on. */
export function keepDraft(form) {
  const draft = {
    at: new Date().toISOString(),
    basedOn: form.elements.based_on.value,
    base: form.elements.base.value,
    values: valuesOf(form),
  };
  try {
    localStorage.setItem(draftKey(form), JSON.stringify(draft));
    return true;
  } catch {
    return false; // no room, or storage is switched off
  }
}

/** Removes the draft once it is saved. */
export function dropDraft(form) {
  try {
    localStorage.removeItem(draftKey(form));
  } catch {
    // storage is switched off: there is nothing to remove
  }
}

/** Returns the kept draft of this form, or null. */
export function readDraft(form) {
  try {
    const draft = JSON.parse(localStorage.getItem(draftKey(form)));
    return draft && Array.isArray(draft.values) ? draft : null;
  } catch {
    return null;
  }
}

/** Returns whether the form holds just what the draft does. */
export function isSame(form, draft) {
  return JSON.stringify(comparable(valuesOf(form))) === JSON.stringify(comparable(draft.values));
}

/** Puts the draft's values into the form. */
export function restore(form, draft) {
  const sent = new Map();
  for (const [name, value] of draft.values) {
    sent.set(name, [...(sent.get(name) || []), value]);
  }
  for (const control of form.elements) {
    if (!control.name || NOT_KEPT.has(control.name)) {
      continue;
    }
    if (control.type === "radio" || control.type === "checkbox") {
      control.checked = (sent.get(control.name) || []).includes(control.value);
    } else if (control.type !== "submit" && control.type !== "button" && control.type !== "file") {
      control.value = sent.get(control.name)?.[0] ?? "";
    }
  }
  for (const control of form.elements) {
    if (control.tagName === "TEXTAREA" || control.checked) {
      control.dispatchEvent(new Event(control.tagName === "TEXTAREA" ? "input" : "change", { bubbles: true }));
    }
  }
}

// Blank and missing are the same; line ends are as the browser holds them.
function comparable(values) {
  return values
    .map(([name, value]) => [name, String(value).replace(/\r\n?/g, "\n")])
    .filter(([, value]) => value !== "")
    .sort((one, other) => (one[0] + one[1] < other[0] + other[1] ? -1 : 1));
}
