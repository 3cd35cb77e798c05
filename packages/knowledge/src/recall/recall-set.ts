import { bodyDocuments } from "./body-documents.ts";
import { cultureDocuments } from "./culture-documents.ts";
import { homeDocuments } from "./home-documents.ts";
import { natureDocuments } from "./nature-documents.ts";
import { workDocuments } from "./work-documents.ts";

/** A short document whose id says what it is about. */
export interface RecallDocument {
  id: string;
  text: string;
}

/** A question and the one document that answers it. */
export interface RecallQuestion {
  question: string;
  answer: string;
}

/** A hundred short documents, many of them close to each other. */
export const recallDocuments: readonly RecallDocument[] = [
  ...homeDocuments,
  ...natureDocuments,
  ...bodyDocuments,
  ...workDocuments,
  ...cultureDocuments,
];

/**
 * What people would ask who have not read the documents: in their own words, which are seldom those of the answer.
 * They were written before any search was made and are not to be fitted to one.
 */
export const recallQuestions: readonly RecallQuestion[] = [
  { question: "How often must I give my wild yeast culture something to eat?", answer: "sourdough-starter" },
  { question: "My pastry base came out tough and got smaller in the tin, why?", answer: "pie-crust" },
  { question: "Can I wash my iron skillet with detergent or will it go rusty?", answer: "cast-iron" },
  { question: "Does the honing rod really make a blunt blade sharp again?", answer: "knife-sharpening" },
  { question: "Is it safe to eat cheddar after removing the furry bit?", answer: "cheese-mould" },
  { question: "My morning brew tastes sour, what should I adjust?", answer: "coffee-extraction" },
  {
    question: "Should I remove the little extra stems growing between leaf and stalk?",
    answer: "tomato-pruning",
  },
  { question: "The rotting pile behind my shed smells awful, what is missing?", answer: "compost-heap" },
  { question: "Which pellets against snails do not hurt other wildlife?", answer: "slug-control" },
  { question: "Why does my fish pool look like pea soup every May?", answer: "pond-algae" },
  { question: "Which bird migrates the furthest?", answer: "arctic-tern" },
  { question: "How do fish find the river where they were born?", answer: "salmon-homing" },
  { question: "What makes a night hunter's wings so quiet?", answer: "owl-silent-flight" },
  { question: "Which insects practise agriculture?", answer: "ant-farming" },
  { question: "Why do reefs turn white in hot summers?", answer: "coral-bleaching" },
  { question: "Why does the moon turn red when our planet blocks the sunlight?", answer: "lunar-eclipse" },
  { question: "What causes the green glow in the northern night sky?", answer: "aurora-colours" },
  { question: "How can I tell how far away a thunderstorm is?", answer: "lightning-thunder" },
  { question: "How late in the day can I still drink coffee without lying awake?", answer: "sleep-caffeine" },
  {
    question: "What is the right way to check for hypertension on my own?",
    answer: "blood-pressure-measure",
  },
  { question: "What should I do right after scalding my hand with boiling water?", answer: "burn-first-aid" },
  {
    question: "How do vegetarians get enough of the mineral that prevents anaemia?",
    answer: "iron-absorption",
  },
  {
    question: "Why do long-distance athletes suddenly run out of strength near the end?",
    answer: "marathon-wall",
  },
  { question: "My knees hurt after a bike ride, could my seat be set wrong?", answer: "cycling-saddle" },
  { question: "When must a mountaineer descend immediately?", answer: "altitude-sickness" },
  { question: "How quickly must someone covered by snow be dug out?", answer: "ski-avalanche" },
  {
    question: "Why does my Postgres disk usage keep growing although I delete rows?",
    answer: "database-vacuum",
  },
  {
    question: "How do I prevent many clients recomputing the same expired result at once?",
    answer: "cache-stampede",
  },
  {
    question: "How should I keep users' login secrets so that a leak does no harm?",
    answer: "password-hashing",
  },
  { question: "What protects best against phishing of one-time codes?", answer: "two-factor" },
  { question: "My process in Docker exits with 137, what happened?", answer: "container-memory" },
  { question: "How long until my money doubles at a given return?", answer: "compound-interest" },
  {
    question: "Why did my fixed-income investments lose value when the central bank tightened?",
    answer: "inflation-bonds",
  },
  { question: "What can I charge a client who has not settled the bill on time?", answer: "invoice-late" },
  { question: "Who deciphered the ancient Egyptian script?", answer: "rosetta-stone" },
  {
    question: "Where does the practice of isolating ships and travellers against disease come from?",
    answer: "black-death",
  },
  { question: "Why do ancient piers last longer than modern ones?", answer: "roman-concrete" },
  {
    question: "How did mariners learn to determine how far east or west they were?",
    answer: "longitude-clock",
  },
  {
    question: "Why do instruments with keys sound slightly off even right after the technician has left?",
    answer: "piano-tuning",
  },
  {
    question: "How long may a tourist without a permit remain in continental Europe?",
    answer: "visa-schengen",
  },
];
