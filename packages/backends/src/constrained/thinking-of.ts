/** Whether a model thinks before it answers; `optional` where a request can say that it should not. */
export type Thinking = "never" | "optional" | "always";

/** What the switch is called that llama.cpp knows, too. */
const theSwitch = /\benable_thinking\b/;
/** What the templates of models that think have in them: their marks, or the key of earlier thoughts. */
const marks =
  /<think|<\/think|<thought|<seed:think|◁think|\[THINK\]|<\|START_THINKING|<\|channel|reasoning_content/;

/** Tells by a model's chat template whether it thinks. A template that only strips old thoughts counts as one that does. */
export function thinkingOf(template: string): Thinking {
  if (theSwitch.test(template)) return "optional";
  return marks.test(template) ? "always" : "never";
}
