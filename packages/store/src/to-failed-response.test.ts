import { expect, test } from "vitest";
import { sampleRecord } from "./contract/sample-records.ts";
import { toFailedResponse } from "./to-failed-response.ts";

test("a response that never ended becomes a failed one; only its open items change", () => {
  const { response } = sampleRecord({ status: "in_progress" });
  const [closed] = response.output;
  if (closed === undefined) throw new Error("the sample has an answer");
  response.output = [closed, { ...closed, id: "msg_open", status: "in_progress" }];
  const before = structuredClone(response);

  const failed = toFailedResponse(response, { code: "server_error", message: "The server was restarted." });
  expect(failed).toEqual({
    ...before,
    status: "failed",
    error: { code: "server_error", message: "The server was restarted." },
    output: [closed, { ...closed, id: "msg_open", status: "incomplete" }],
  });
  expect(response).toEqual(before);
});
