import { StreamChecker } from "@gateway/protocol/grammar";
import { contentChunk, gate, roleChunk, text } from "@gateway/testkit";
import { describe, expect, test } from "vitest";
import { EventReader } from "../background/event-reader.ts";
import { patient } from "../background/otters.ts";
import { oneDoor } from "../doors.ts";
import { startKnowledge } from "../knowledge/knowledge-doors.ts";
import { asksForNotes, chatsOf, notingModel, shownTo } from "./noting-model.ts";

const long = "We talk about the weather at length. ".repeat(150);
const body = {
  background: true,
  context_management: [{ type: "compaction", compact_threshold: 1000 }],
  input: [
    { role: "user", content: long },
    { role: "assistant", content: "Hello." },
    { role: "user", content: "And now?" },
  ],
};

describe.for(oneDoor)("a gateway that is killed after it has compacted, seen through %s", (door) => {
  test("goes on from the compaction and does not make it again; a chain does so, too", async () => {
    await using doors = await startKnowledge(patient);
    const hold = gate();
    const { backend } = doors;
    backend.setDefault(notingModel({ answer: () => [roleChunk(), contentChunk("Half"), hold] }));
    const reader = await EventReader.create(doors.url(door), body);
    await reader.until("response.output_text.delta");
    backend.setDefault(notingModel({ answer: () => text("Whole.") }));
    await doors.restart({ signal: "SIGKILL" });
    hold.open();
    const rest = await EventReader.replay(doors.url(door), reader.id, { after: reader.last });
    await rest.rest();
    const checker = new StreamChecker({ restarted: true });
    for (const event of [...reader.events, ...rest.events]) checker.push(event);
    checker.end();

    const chats = chatsOf(backend.requests);
    expect(chats.map(asksForNotes)).toEqual([true, false, false]);
    expect(shownTo(chats[2] as never)).toEqual([expect.stringContaining("called Ada"), "user: And now?"]);
    const client = doors.client(door);
    const stored = await client.responses.retrieve(reader.id);
    expect(stored.output.map(({ type }) => type)).toEqual(["compaction", "message"]);
    expect(stored.output_text).toBe("Whole.");

    // The key that it was sealed under outlives the process, and so does what it says.
    await client.responses.create({ model: "scripted", input: "Thanks.", previous_response_id: reader.id });
    expect(shownTo(chatsOf(backend.requests)[3] as never)).toHaveLength(4);
  });
});
