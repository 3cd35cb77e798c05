/** Words of the texts that the bench writes, by their place in a sentence. */
export const nouns =
  "account archive audit balance bearing board boiler branch bridge budget cable canal carrier channel clause client coast column committee component contract coolant council cylinder deadline delivery department deposit device dispatch district document drainage engine engineer estimate exhaust failure filter foundation freight frequency furnace gateway generator harbour heating index inspection insurance inventory invoice laboratory ledger licence limit manual margin material measurement meeting membrane minister module network office operator order panel patient payment permit pipeline plant platform policy pressure price procedure project proposal pump quarter railway receipt region register regulator relay report reserve reservoir resident revision schedule sensor server shipment signal standard station storage supplier surface survey switch tariff team temperature terminal threshold timetable transfer treatment tunnel turbine union valve vehicle ventilation village voltage warehouse warranty workshop".split(
    " ",
  );
export const verbs =
  "adjusts affects approves blocks cancels changes checks closes compares confirms connects controls covers defines delays describes drives explains exceeds extends follows keeps limits lowers maintains measures moves needs opens orders passes pays prevents protects raises reaches records reduces replaces reports requires restores reviews separates serves shows supplies supports tests transfers".split(
    " ",
  );
export const adjectives =
  "additional annual approved automatic available average central closed cold common critical current daily early electric empty external final former general heavy hidden high internal joint late local long main manual mobile monthly narrow national new northern old open outer parallel permanent portable previous primary private public quiet rapid regional remote safe second severe short small southern spare stable standard steady temporary upper urgent weekly".split(
    " ",
  );
export const prepositions =
  "after against along around before behind below beside between beyond by during for from in near on over through to toward under until with within without".split(
    " ",
  );
/** Join two clauses of a sentence. */
export const links = ["and", "but", "while", "because", "although", "so that", "which means that", "unless"];
/** Begin a sentence. */
export const openings = [
  "In most cases",
  "As a rule",
  "For this reason",
  "In the first year",
  "Two weeks later",
  "According to the report",
  "On the other hand",
  "Where nothing else is agreed",
];
