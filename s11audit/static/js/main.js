// Starts what every page may hold: GOV.UK Frontend's components and what is ours.
import { initAll } from "../vendor/govuk-frontend.min.js";
import { startReveals } from "./reveal.js";
import { startWordCounts } from "./word-count.js";

document.body.classList.add("js-enabled", "govuk-frontend-supported");
initAll();
startReveals(document);
startWordCounts(document);
