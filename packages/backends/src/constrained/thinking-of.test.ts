import { expect, test } from "vitest";
import { thinkingOf } from "./thinking-of.ts";

test.each([
  [
    "never",
    "{{ bos }}{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>{% endfor %}",
  ],
  ["optional", "{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>{% endif %}"],
  ["always", "{% if add_generation_prompt %}<|Assistant|><think>\n{% endif %}"],
  ["always", "<|start|>assistant<|channel|>analysis<|message|>"],
  ["always", "{% if m.reasoning_content %}{{ m.reasoning_content }}{% endif %}"],
  ["always", "[THINK]{{ m.content }}[/THINK]"],
] as const)("a template tells whether its model thinks: %s", (thinking, template) => {
  expect(thinkingOf(template)).toBe(thinking);
});
