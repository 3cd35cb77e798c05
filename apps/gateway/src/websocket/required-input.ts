/** An item of a response's output, as far as it matters here. */
interface OutputLike {
  type: string;
  id?: string | null;
  call_id?: string | null;
  name?: string;
  status?: string | null | undefined;
  execution?: string | null;
}

/** The output item that answers a call which the caller carries out, by the type of the call. */
const answers: Readonly<Record<string, (call: OutputLike) => object>> = {
  function_call: ({ call_id, name }) => ({ type: "function_call_output", call_id, name }),
  custom_tool_call: ({ call_id }) => ({ type: "custom_tool_call_output", call_id }),
  computer_call: ({ call_id }) => ({ type: "computer_call_output", call_id }),
  shell_call: ({ call_id }) => ({ type: "shell_call_output", call_id }),
  apply_patch_call: ({ call_id }) => ({ type: "apply_patch_call_output", call_id }),
  tool_search_call: ({ call_id }) => ({ type: "tool_search_output", call_id, execution: "client" }),
  mcp_approval_request: ({ id }) => ({ type: "mcp_approval_response", approval_request_id: id }),
};

/**
 * What the caller owes a response before it can be continued: for each of its calls that are not answered, and that
 * were not cut off, the item that answers it, without the answer.
 */
export function requiredInput(output: readonly OutputLike[]): object[] {
  const answered = new Set(
    output.flatMap(({ type, call_id }) => (type.endsWith("_output") ? [call_id] : [])),
  );
  return output.flatMap((item) => {
    const answer = answers[item.type];
    const elsewhere = item.type === "tool_search_call" && item.execution !== "client";
    if (answer === undefined || elsewhere || item.status === "incomplete") return [];
    return item.call_id != null && answered.has(item.call_id) ? [] : [answer(item)];
  });
}
