// Shows what belongs to a choice while it is chosen. GOV.UK Frontend's own way sets aria-expanded
// on radios, which they may not carry; here the revealed part simply follows its control.
const HIDDEN = ["govuk-radios__conditional--hidden", "govuk-checkboxes__conditional--hidden"];

/** Lets every control with `data-app-reveals` inside `root` show and hide its part. */
export function startReveals(root) {
  for (const control of root.querySelectorAll("input[data-app-reveals]")) {
    const part = document.getElementById(control.dataset.appReveals);
    if (!part) {
      continue;
    }
    const show = () => {
      const kind = control.type === "radio" ? HIDDEN[0] : HIDDEN[1];
      part.classList.toggle(kind, !control.checked);
    };
    show();
    window.addEventListener("pageshow", show); // the browser's history may bring choices back
    (control.form || document).addEventListener("change", (event) => {
      if (event.target.name === control.name) {
        show();
      }
    });
  }
}
