import { text } from "@gateway/testkit";
import { expect } from "vitest";
import { type Case, lastOf, message, user } from "../case.ts";

const assistant = (content: string) => ({ role: "assistant", content });

/** More than is kept word for word. */
const talk = "We talk about the weather at length. ".repeat(150);

/** Answers that go on from former ones. */
export const stateCases: readonly Case[] = [
  {
    name: "a chain of responses, whose instructions are not inherited",
    turns: [
      {
        send: { instructions: "Be brief.", input: "I am Ada." },
        model: [text("Hello Ada")],
        expect: { output: [message("Hello Ada")] },
      },
      {
        send: (story) => ({ previous_response_id: lastOf(story).id, input: "Who?" }),
        model: [text("You are Ada")],
        expect: {
          output: [message("You are Ada")],
          response: { instructions: null, previous_response_id: expect.stringMatching(/^resp_/) },
          asked: [
            {
              messages: [{ role: "user", content: "I am Ada." }, assistant("Hello Ada"), { content: "Who?" }],
            },
          ],
        },
      },
      {
        send: (story) => ({ previous_response_id: story.responses[0]?.id, input: "And then?" }),
        model: [text("Then.")],
        expect: {
          asked: [{ messages: [{ role: "user" }, assistant("Hello Ada"), { content: "And then?" }] }],
        },
      },
    ],
  },
  {
    name: "a conversation",
    turns: [
      {
        send: async (story) => ({
          conversation: await story.create("/conversations", { items: [user("I am Ada.")] }),
          input: "Hello",
        }),
        model: [text("Hello Ada")],
        expect: { output: [message("Hello Ada")], asked: [{ roles: "user user" }] },
      },
      {
        send: (story) => ({ conversation: { id: lastOf(story).conversation?.id }, input: "Who?" }),
        model: [text("You are Ada")],
        expect: { output: [message("You are Ada")], asked: [{ roles: "user user assistant user" }] },
      },
    ],
  },
  {
    name: "an item that the input refers to",
    turns: [
      {
        send: { input: "I am Ada." },
        model: [text("Hello Ada")],
        expect: { output: [message("Hello Ada")] },
      },
      {
        send: (story) => ({
          input: [{ type: "item_reference", id: lastOf(story).output[0]?.id }, user("Whom did you greet?")],
        }),
        model: [text("Ada")],
        expect: {
          output: [message("Ada")],
          asked: [{ messages: [assistant("Hello Ada"), { role: "user" }] }],
        },
      },
    ],
  },
  {
    name: "a response that is not stored, sent back as input",
    turns: [
      {
        send: { store: false, input: [user("I am Ada.")] },
        model: [text("Hello Ada")],
        expect: { output: [message("Hello Ada")], response: { store: false } },
      },
      {
        send: (story) => ({
          store: false,
          input: [user("I am Ada."), ...lastOf(story).output, user("Who?")],
        }),
        model: [text("You are Ada")],
        expect: { output: [message("You are Ada")], asked: [{ roles: "user assistant user" }] },
      },
    ],
  },
  {
    name: "a long context, which is compacted first",
    turns: [
      {
        send: {
          input: [user(`I am Ada. ${talk}`), { ...assistant("Hello Ada"), type: "message" }, user("Who?")],
          context_management: [{ type: "compaction", compact_threshold: 1000 }],
        },
        model: [text("The user is called Ada."), text("You are Ada")],
        expect: {
          output: [{ type: "compaction", encrypted_content: expect.any(String) }, message("You are Ada")],
          response: { usage: { input_tokens: 20, output_tokens: 8 } },
          asked: [
            {},
            {
              messages: [
                { role: "user", content: expect.stringContaining("The user is called Ada.") },
                { role: "user", content: "Who?" },
              ],
            },
          ],
        },
      },
      {
        send: (story) => ({ previous_response_id: lastOf(story).id, input: "Sure?" }),
        model: [text("Yes")],
        expect: { output: [message("Yes")], asked: [{ roles: "user user assistant user" }] },
      },
    ],
  },
  {
    name: "a prompt that is kept here",
    turns: [
      {
        send: async (story) => {
          const id = await story.create("/prompts", { prompt: "Speak like {{who}}.", variables: ["who"] });
          return { prompt: { id, variables: { who: "a pirate" } }, input: "Hello" };
        },
        model: [text("Ahoy")],
        expect: {
          output: [message("Ahoy")],
          response: { prompt: { variables: { who: "a pirate" } } },
          asked: [{ messages: [{ content: "Speak like a pirate." }, { role: "user", content: "Hello" }] }],
        },
      },
    ],
  },
];
