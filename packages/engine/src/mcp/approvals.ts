import {
  type Item,
  type McpApprovalRequestItem,
  type McpApprovalResponseItem,
  notFound,
  unprocessable,
} from "@gateway/protocol";

/** A call that the request at hand has approved of, and where it did so. */
export interface ApprovedCall {
  request: McpApprovalRequestItem;
  /** Path of the answer's `approval_request_id`. */
  param: string;
}

/**
 * The calls that the request's own input approves of and that have not been carried out. `items` are history and input,
 * oldest first, and what a former process has done for this request; `places` says where in the input each of its items
 * stands. An answer in the history is done with: what it let run has run, or was lost with its response. So is one in the
 * input that a model has gone on from, which tells of a call or a message behind it: callers who keep their context
 * themselves may have lost the id of its request, or what the call says of it.
 *
 * Throws a 404 {@link ApiError} where an answer names no request for approval, a 422 where it is not the first.
 */
export function findApproved(items: readonly Item[], places: ReadonlyMap<string, number>): ApprovedCall[] {
  const requests = new Map<string, McpApprovalRequestItem>();
  /** Requests that were answered so that no other answer can count. */
  const settled = new Set<string>();
  const approved = new Map<string, ApprovedCall>();
  const lastGiven = items.findLastIndex(({ id }) => places.has(id));
  // What stands behind the input was done for this very request: it goes on from nothing but the answers.
  const lastOutput = items.findLastIndex((item, index) => index < lastGiven && isOfModel(item));
  for (const [index, item] of items.entries()) {
    if (item.type === "mcp_approval_request") requests.set(item.id, item);
    else if (item.type === "mcp_call" && item.approval_request_id != null) {
      settled.add(item.approval_request_id);
      approved.delete(item.approval_request_id);
    } else if (item.type === "mcp_approval_response") {
      const place = places.get(item.id);
      if (place === undefined) {
        if (!item.approve) settled.add(item.approval_request_id);
        continue;
      }
      const param = `input[${place}].approval_request_id`;
      const request = requests.get(item.approval_request_id);
      if (index < lastOutput) {
        settled.add(item.approval_request_id);
        continue;
      }
      if (request === undefined) throw unknownRequest(item, param);
      if (settled.has(request.id) || approved.has(request.id)) throw answeredBefore(item, param);
      if (item.approve) approved.set(request.id, { request, param });
      else settled.add(request.id);
    }
  }
  return [...approved.values()];
}

/** True for what only a model that has gone on leaves in a context. */
function isOfModel(item: Item): boolean {
  return item.type === "mcp_call" || (item.type === "message" && item.role === "assistant");
}

function unknownRequest({ approval_request_id: id }: McpApprovalResponseItem, param: string) {
  return notFound(`Approval request with id '${id}' not found in this request's context.`, { param });
}

function answeredBefore({ approval_request_id: id }: McpApprovalResponseItem, param: string) {
  return unprocessable(`The approval request '${id}' has been answered already.`, {
    param,
    code: "invalid_value",
  });
}
