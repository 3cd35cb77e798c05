import { waitFor } from "@gateway/testkit";
import { expect, test } from "vitest";
import { FakeExtractor } from "../testing/fake-extractor.ts";
import { openWorld } from "../testing/knowledge-world.ts";
import { refusalOf } from "../testing/refusal-of.ts";

const nobody = new AbortController().signal;
const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3]);

test("a stored file's text is given with its name, and read once for many turns", async () => {
  const { knowledge, addFile, tenant, extractor } = await openWorld();
  const file = await addFile("Hello", "hello.md");
  for (let turn = 0; turn < 3; turn++) {
    expect(await knowledge.requestFiles.text(tenant, file.id, nobody)).toEqual({
      filename: "hello.md",
      text: "Hello",
    });
  }
  expect(extractor.calls).toHaveLength(1);
});

test("the same content with another ending is read anew, since the ending is a hint", async () => {
  const { knowledge, extractor } = await openWorld();
  const content = new TextEncoder().encode("a,b");
  expect(await knowledge.requestFiles.textOf(content, "a.csv", nobody)).toBe("a,b");
  expect(await knowledge.requestFiles.textOf(content, "b.CSV", nobody)).toBe("a,b");
  expect(await knowledge.requestFiles.textOf(content, undefined, nobody)).toBe("a,b");
  expect(extractor.calls.map(({ filename }) => filename)).toEqual(["a.csv", ""]);
});

test("requests at the same time share one reading, which goes on while anybody waits", async () => {
  const { knowledge, addFile, tenant, extractor } = await openWorld();
  const held = Promise.withResolvers<void>();
  extractor.hold = held.promise;
  const file = await addFile("shared");
  const leaving = new AbortController();
  const first = knowledge.requestFiles.text(tenant, file.id, leaving.signal);
  const second = knowledge.requestFiles.text(tenant, file.id, nobody);
  leaving.abort(new Error("gone"));
  await expect(first).rejects.toThrow("gone");
  expect(extractor.calls[0]?.signal.aborted).toBe(false);
  held.resolve();
  expect((await second).text).toBe("shared");
  expect(extractor.calls).toHaveLength(1);
});

test("a reading for which nobody waits is aborted, and the next request begins another", async () => {
  const { knowledge, addFile, tenant, extractor } = await openWorld();
  extractor.hold = new Promise(() => {});
  const file = await addFile("text");
  const leaving = new AbortController();
  const only = knowledge.requestFiles.text(tenant, file.id, leaving.signal);
  await expect.poll(() => extractor.calls.length).toBe(1);
  leaving.abort(new Error("gone"));
  await expect(only).rejects.toThrow("gone");
  expect(extractor.calls[0]?.signal.aborted).toBe(true);
  extractor.hold = undefined;
  expect((await knowledge.requestFiles.text(tenant, file.id, nobody)).text).toBe("text");
});

test("a text that is too long is read once, however often it is sent", async () => {
  const { knowledge, addFile, tenant, extractor } = await openWorld({ settings: { maxInlineTextChars: 10 } });
  const file = await addFile("more than ten");
  const refusals = [];
  for (let turn = 0; turn < 3; turn++) {
    refusals.push(await refusalOf(knowledge.requestFiles.text(tenant, file.id, nobody)));
  }
  expect(refusals).toEqual(Array(3).fill(refusals[0]));
  expect(refusals[0]).toMatchObject({ status: 422, message: expect.stringMatching(/has 13 characters/) });
  expect(extractor.calls).toHaveLength(1);
});

test("a file of a request does not wait for those that are taken into stores", async () => {
  const requestExtractor = new FakeExtractor();
  const { knowledge, addFile, tenant, extractor } = await openWorld({ requestExtractor });
  extractor.hold = new Promise(() => {});
  await knowledge.start();
  const file = await addFile("Hello");
  await knowledge.stores.create(tenant, { file_ids: [file.id] });
  await waitFor(() => extractor.calls.length > 0, { what: "the file to be taken in" });
  expect((await knowledge.requestFiles.text(tenant, file.id, nobody)).text).toBe("Hello");
  expect(requestExtractor.calls).toHaveLength(1);
});

test("refusals name no field: the caller knows it", async () => {
  const { knowledge, addFile, tenant } = await openWorld({ settings: { maxInlineTextChars: 10 } });
  const { requestFiles } = knowledge;
  const [picture, long] = [await addFile("x", "a.bin"), await addFile("more than ten")];
  expect(await refusalOf(requestFiles.text(tenant, "file-x", nobody))).toEqual({
    status: 404,
    code: null,
    param: null,
    message: "No such File object: file-x",
  });
  expect(await refusalOf(requestFiles.text(tenant, picture.id, nobody))).toEqual({
    status: 422,
    code: "unsupported_file",
    param: null,
    message: "This format is not known.",
  });
  expect(await refusalOf(requestFiles.text(tenant, long.id, nobody))).toMatchObject({
    status: 422,
    param: null,
    message: expect.stringContaining("file_search"),
  });
  expect(await refusalOf(requestFiles.textOf(new Uint8Array([1]), "x.bad", nobody))).toMatchObject({
    status: 422,
    code: "invalid_file",
  });
  expect(await refusalOf(requestFiles.imageUrl(tenant, "file-x", nobody))).toMatchObject({
    status: 404,
    param: null,
  });
});

test("a file that is deleted or expired is not found, though its text was read before", async () => {
  const { knowledge, addFile, tenant, pass } = await openWorld();
  const [deleted, brief] = [await addFile("same"), await addFile("same", "b.txt", 3_600)];
  await knowledge.requestFiles.text(tenant, deleted.id, nobody);
  await knowledge.files.delete(tenant, deleted.id);
  expect(await refusalOf(knowledge.requestFiles.text(tenant, deleted.id, nobody))).toMatchObject({
    status: 404,
  });
  pass(3_600);
  expect(await refusalOf(knowledge.requestFiles.text(tenant, brief.id, nobody))).toMatchObject({
    status: 404,
  });
});

test.each<[string, string, Uint8Array]>([
  ["PNG", "image/png", png],
  ["JPEG", "image/jpeg", new Uint8Array([0xff, 0xd8, 0xff, 0xe0, 1])],
  ["GIF", "image/gif", new TextEncoder().encode("GIF89a...")],
  ["WebP", "image/webp", new TextEncoder().encode("RIFF\0\0\0\0WEBPVP8 ")],
])("a picture is told by its content, whatever its name: %s", async (_, type, content) => {
  const { knowledge, addFile, tenant } = await openWorld();
  const file = await addFile(content, "picture.txt");
  expect(await knowledge.requestFiles.imageUrl(tenant, file.id, nobody)).toBe(
    `data:${type};base64,${Buffer.from(content).toString("base64")}`,
  );
});

test("a picture that came with the request is told by its content, too", async () => {
  const { knowledge } = await openWorld({ settings: { maxImageBytes: 11 } });
  const { requestFiles } = knowledge;
  expect(requestFiles.imageUrlOf(png)).toBe(`data:image/png;base64,${Buffer.from(png).toString("base64")}`);
  const refusal = async (content: Uint8Array) => refusalOf((async () => requestFiles.imageUrlOf(content))());
  expect(await refusal(new TextEncoder().encode("<html>"))).toMatchObject({
    status: 422,
    code: "unsupported_image_media_type",
  });
  expect(await refusal(new Uint8Array(12))).toMatchObject({ status: 422, code: "image_too_large" });
});

test("what is no picture, or too large a one, is refused", async () => {
  const { knowledge, addFile, tenant } = await openWorld({ settings: { maxImageBytes: 10 } });
  const [text, large] = [await addFile("GIF text", "a.gif"), await addFile(png, "a.png")];
  expect(await refusalOf(knowledge.requestFiles.imageUrl(tenant, text.id, nobody))).toMatchObject({
    status: 422,
    code: "unsupported_image_media_type",
  });
  expect(await refusalOf(knowledge.requestFiles.imageUrl(tenant, large.id, nobody))).toMatchObject({
    status: 422,
    code: "image_too_large",
  });
});
