import { type CreateRequest, includable, validate } from "@gateway/protocol";
import * as z from "zod";
import type { AppContext } from "./context.ts";

const query = z.object({ include: z.array(includable) });

/**
 * What the query's `include` asks for. The official clients write `include[]=a&include[]=b`; `include=a&include=b` and
 * `include=a,b` are understood too. Throws a 422 for words that are unknown.
 */
export function readInclude(c: AppContext): NonNullable<CreateRequest["include"]> {
  const given = [...(c.req.queries("include[]") ?? []), ...(c.req.queries("include") ?? [])];
  const include = given.flatMap((value) => value.split(",")).filter((value) => value !== "");
  return validate(query, { include }).include;
}
