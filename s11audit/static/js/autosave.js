// Saves a standard while it is filled in: a few seconds after the last key, and on leaving a
// field. Until the server has acknowledged it, what was typed is kept in this browser.
import { dropDraft, isSame, keepDraft, readDraft, restore, valuesOf } from "./drafts.js";

const PAUSE = 3000;
const RETRY = 20000;
const KEPT = "What you typed is kept in this browser.";
const NOT_KEPT = "This browser cannot keep it: copy it before you leave this page.";

const form = document.querySelector("form[data-autosave]");
if (form) {
  start(form);
}

function start(form) {
  const status = document.getElementById("saved");
  let timer = null;
  let saving = null; // the save that is on its way
  let stopped = form.dataset.conflict === "yes"; // two versions are put together by hand
  let leaving = false;
  let refused = null; // what the server would not take
  let kept = true;
  // What the server is known to have; nothing, where the page shows what could not be saved.
  let settled = form.dataset.unsaved === "yes" ? null : JSON.stringify(valuesOf(form));

  const say = (text, failed = false, link = null) => {
    status.textContent = text;
    status.classList.toggle("app-saved--failed", failed);
    if (link) {
      status.append(" ", link);
    }
  };
  const isSettled = () => JSON.stringify(valuesOf(form)) === settled;
  const isRefused = () => JSON.stringify(valuesOf(form)) === refused;
  const later = (pause = PAUSE) => {
    clearTimeout(timer);
    timer = setTimeout(save, pause);
  };
  const changed = () => {
    if (isSettled()) {
      return;
    }
    kept = keepDraft(form);
    if (!stopped && !status.classList.contains("app-saved--failed")) {
      say("Not saved yet");
    }
    later();
  };
  const failed = (why, link = null) => say(`Not saved: ${why} ${kept ? KEPT : NOT_KEPT}`, true, link);

  function save(byButton = false) {
    clearTimeout(timer);
    timer = null;
    if (isSettled() || (!byButton && (saving || stopped || leaving || isRefused()))) {
      return saving || Promise.resolve();
    }
    saving = send().finally(() => {
      saving = null;
      if (!stopped && !leaving && !isSettled() && !isRefused() && timer === null) {
        later();
      }
    });
    return saving;
  }

  async function send() {
    const sent = JSON.stringify(valuesOf(form));
    try {
      const response = await fetch(location.pathname, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        headers: { Accept: "application/json", "X-CSRFToken": form.elements.csrf_token.value },
        redirect: "manual",
        credentials: "same-origin",
      });
      await settle(response, sent);
    } catch {
      failed("this service cannot be reached. It will be tried again.");
      later(RETRY);
    }
  }

  async function settle(response, sent) {
    const isJson = (response.headers.get("Content-Type") || "").includes("application/json");
    const answer = isJson ? await response.json() : {};
    if (response.ok && answer.saved) {
      acknowledge(answer, sent);
    } else if (answer.conflict) {
      stopped = true;
      const when = answer.at ? ` at ${answer.at}` : "";
      failed(`${answer.by} saved this standard${when}.`, compareButton());
    } else if (response.type === "opaqueredirect" || response.status === 401 || response.status === 400 && !isJson) {
      failed("you are signed out.", signInLink());
      later(RETRY);
    } else if (answer.problems) {
      stoppedBy(answer.problems);
    } else if (response.status === 413) {
      failed("this is too long.");
    } else if (response.status === 403 || response.status === 404) {
      stopped = true;
      failed("you can no longer change this return.");
    } else {
      failed("something went wrong. It will be tried again.");
      later(RETRY);
    }
  }

  function stoppedBy(problems) {
    failed(problems.map((each) => `${each.text}.`).join(" "));
    refused = JSON.stringify(valuesOf(form)); // to be sent again once it is changed
  }

  function acknowledge(answer, sent) {
    form.elements.based_on.value = answer.version;
    form.elements.base.value = JSON.stringify(answer.base);
    form.dataset.version = answer.version;
    settled = sent;
    showSuggestion(answer.suggestion);
    const pointedOut = showPointedOut(answer.pointed_out);
    if (answer.problems.length) {
      kept = keepDraft(form);
      failed(`${answer.problems.map((each) => each.text).join(". ")}. All else was saved at ${answer.at}.`);
    } else if (isSettled()) {
      dropDraft(form);
      say(pointedOut ? `Saved at ${answer.at}. It may identify a child:` : `Saved at ${answer.at}`, false, pointedOut);
    } else {
      kept = keepDraft(form); // typed on while it was being saved
      say(`Saved at ${answer.at}, not yet what you typed since`);
    }
  }

  function compareButton() {
    const button = document.createElement("button");
    button.type = "submit";
    button.className = "app-link-button";
    button.textContent = "Compare the two versions";
    button.setAttribute("form", form.id);
    button.name = "save";
    button.value = "yes";
    return button;
  }

  offerDraft(form, {
    onRestored(text) {
      kept = keepDraft(form);
      say(text);
      later(500);
    },
  });
  form.addEventListener("input", changed);
  form.addEventListener("change", () => {
    changed();
    save();
  });
  form.addEventListener("focusout", () => save());
  // A button first saves as typing does, so that the draft is removed once it is acknowledged,
  // and then sends the form, which leads on or shows what is wrong.
  form.addEventListener("submit", async (event) => {
    if (leaving) {
      return;
    }
    event.preventDefault();
    leaving = true;
    kept = isSettled() ? kept : keepDraft(form);
    await saving;
    if (!stopped || form.dataset.conflict === "yes") {
      await save(true);
    }
    const button = event.submitter?.isConnected ? event.submitter : undefined;
    // In a task of its own: a form does not submit again while it is telling of a submit.
    setTimeout(() => form.requestSubmit(button), 0);
  });
  window.addEventListener("pageshow", () => {
    leaving = false;
  });
  window.addEventListener("pagehide", () => {
    if (!isSettled()) {
      keepDraft(form);
    }
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") {
      save();
    }
  });
  followShortfalls(form);
}

function signInLink() {
  const link = document.createElement("a");
  link.href = location.pathname;
  link.className = "govuk-link";
  link.textContent = "Sign in and come back";
  return link;
}

// A draft that the server has is dropped. One that goes on from what the server has is put back.
// Where somebody saved in between, the person is asked first.
function offerDraft(form, { onRestored }) {
  const draft = readDraft(form);
  if (!draft) {
    return;
  }
  if (form.dataset.unsaved === "yes") {
    return; // it is in the form, and not yet saved
  }
  if (isSame(form, draft)) {
    dropDraft(form);
    return;
  }
  const when = new Date(draft.at).toLocaleString("en-GB", {
    day: "numeric", month: "long", hour: "numeric", minute: "2-digit", hour12: true,
  });
  const box = document.getElementById("kept-draft");
  const text = document.createElement("p");
  text.className = "govuk-body";
  box.append(text);
  box.hidden = false;
  const throwAway = action("Throw it away", () => {
    dropDraft(form);
    location.replace(location.pathname);
  });
  if (draft.basedOn === form.elements.based_on.value) {
    restore(form, draft);
    text.textContent = `What you typed on ${when} had not been saved. It was kept in this browser and is back in the form.`;
    box.append(throwAway);
    onRestored("Not saved yet");
    return;
  }
  const mine = form.dataset.savedByMe === "yes";
  text.textContent = mine
    ? `Text that you typed on ${when} is kept in this browser. This standard has been saved since.`
    : `Text that you typed on ${when} is kept in this browser. A colleague has saved this standard since.`;
  box.append(
    action("Put it back", () => {
      if (!mine) {
        form.elements.based_on.value = draft.basedOn; // so that both versions will be compared
        form.elements.base.value = draft.base;
      }
      restore(form, draft);
      box.hidden = true;
      onRestored("Not saved yet");
    }),
    throwAway,
  );
}

function action(words, act) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "govuk-button govuk-button--secondary app-draft-button";
  button.textContent = words;
  button.addEventListener("click", act);
  return button;
}

function showSuggestion(suggestion) {
  const reason = document.getElementById("suggestion-reason");
  if (!reason || !suggestion) {
    return;
  }
  reason.textContent = suggestion.reason;
  const rating = document.getElementById("suggestion-rating");
  rating.replaceChildren();
  if (suggestion.rag) {
    const mark = document.createElement("strong");
    mark.className = `app-rating app-rating--${suggestion.rag}`;
    mark.textContent = suggestion.title;
    rating.append(mark);
  }
  document.getElementById("suggestion-differs").hidden = !suggestion.differs;
}

// What might identify a child is pointed out beside the first field that it is in: the fields and
// what they seem to hold. Nothing is blocked. Returns a link to it for the status line, which is
// announced and stays in view; null where there is nothing.
function showPointedOut(items = []) {
  const box = document.getElementById("pointed-out");
  if (!box) {
    return null;
  }
  box.hidden = items.length === 0;
  if (!items.length) {
    box.replaceChildren();
    return null;
  }
  const field = document.getElementById(items[0].href.slice(1));
  field?.closest(".govuk-form-group")?.before(box);
  box.replaceChildren(
    element("p", "govuk-body govuk-!-font-weight-bold", "Check this: what you typed may identify a child. It is saved. It seems to hold:"),
    element("ul", "govuk-list govuk-list--bullet"),
    element("p", "govuk-body", box.dataset.advice),
  );
  for (const item of items) {
    const entry = element("li", "", `: ${item.holds}`);
    entry.prepend(linkTo(item.href, item.field));
    box.querySelector("ul").append(entry);
  }
  return linkTo("#pointed-out", "see what");
}

function element(name, classes, text = "") {
  const made = document.createElement(name);
  made.className = classes;
  made.textContent = text;
  return made;
}

function linkTo(href, text) {
  const link = element("a", "govuk-link", text);
  link.href = href;
  return link;
}

// What will be done is asked for amber and red: it is hidden while another rating is chosen and
// nothing is written there.
function followShortfalls(form) {
  const part = document.getElementById("actions");
  if (!part || !part.dataset.shortfalls) {
    return;
  }
  const labels = part.dataset.shortfalls.split(" ");
  const show = () => {
    const chosen = form.querySelector("input[name=self_label]:checked")?.value;
    const written = [...part.querySelectorAll("textarea, input")].some((each) => each.value.trim());
    part.hidden = !written && !labels.includes(chosen);
  };
  show();
  form.addEventListener("change", show);
  window.addEventListener("pageshow", show);
}
