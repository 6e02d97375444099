// Counts words as the server does (domain rule 8): a word is a run of characters other than
// Unicode White_Space. A test keeps this class the same as s11audit/scoring/words.py.
export const WORD =
  /[^\u0009-\u000d\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028-\u2029\u202f\u205f\u3000]+/g;

const PAUSE_BEFORE_SPEAKING = 1000;

/** Returns how many words `text` holds. */
export function countWords(text) {
  return (text.match(WORD) || []).length;
}

/** Returns the sentence that is shown for `used` words of `limit`. */
export function remaining(used, limit) {
  const left = limit - used;
  const words = Math.abs(left) === 1 ? "word" : "words";
  if (left < 0) {
    return `You have ${-left} ${words} too many. You can save this as a draft, but not submit it.`;
  }
  return `You have used ${used} of ${limit} words.`;
}

/** Keeps the note of each text area with `data-max-words` inside `root` up to date. */
export function startWordCounts(root) {
  for (const area of root.querySelectorAll("textarea[data-max-words]")) {
    start(area, Number(area.dataset.maxWords), document.getElementById(area.dataset.wordNote));
  }
}

function start(area, limit, note) {
  if (!note || note.dataset.started) {
    return;
  }
  note.dataset.started = "yes";
  // The visible note changes with every key; the spoken one waits for a pause.
  const spoken = document.createElement("div");
  spoken.className = "govuk-visually-hidden";
  spoken.setAttribute("aria-live", "polite");
  note.after(spoken);
  let timer;
  const show = () => {
    const used = countWords(area.value);
    note.textContent = remaining(used, limit);
    note.classList.toggle("app-word-note--over", used > limit);
  };
  show();
  area.addEventListener("input", () => {
    show();
    clearTimeout(timer);
    timer = setTimeout(() => {
      spoken.textContent = note.textContent;
    }, PAUSE_BEFORE_SPEAKING);
  });
}
