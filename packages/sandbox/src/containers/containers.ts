import type { ByteRange, CodeContainers, ReceivedBlob } from "@gateway/engine";
import type {
  ContainerFileObject,
  ContainerListQuery,
  ContainerObject,
  CreateContainer,
  Page,
  PageQuery,
} from "@gateway/protocol";

/** Content of a container's file. */
export interface ContainerContent {
  file: ContainerFileObject;
  hash: string;
  range: ByteRange | undefined;
  body: ReadableStream<Uint8Array>;
}

/**
 * Containers as the API has them, and what runs code in them. All methods throw an ApiError: 404 for an id that there is
 * not (for this tenant), 400 for a container that has expired where it is to be changed, 413 for too much.
 */
export interface Containers extends CodeContainers {
  /** Rejects with the signal's reason when it is aborted; there is no container then. */
  create(tenant: string, body: CreateContainer, signal?: AbortSignal): Promise<ContainerObject>;
  get(tenant: string, id: string): Promise<ContainerObject>;
  list(tenant: string, query: ContainerListQuery): Promise<Page<ContainerObject>>;
  /** Also ends what runs in it. */
  delete(tenant: string, id: string): Promise<void>;

  /** Takes the content of a file, as it comes. What it gives goes to {@link addFile}, or is discarded. */
  receive(content: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<ReceivedBlob>;
  /** One under the same name is replaced, and keeps its id. */
  addFile(tenant: string, id: string, filename: string, content: ReceivedBlob): Promise<ContainerFileObject>;
  /** Copies a file of the Files API into it. */
  copyFile(tenant: string, id: string, fileId: string, signal?: AbortSignal): Promise<ContainerFileObject>;
  getFile(tenant: string, id: string, fileId: string): Promise<ContainerFileObject>;
  listFiles(tenant: string, id: string, query: PageQuery): Promise<Page<ContainerFileObject>>;
  fileContent(
    tenant: string,
    id: string,
    fileId: string,
    range?: (bytes: number) => ByteRange | undefined,
  ): Promise<ContainerContent>;
  deleteFile(tenant: string, id: string, fileId: string): Promise<void>;

  /** Begins to remove containers that nobody has used for long. */
  start(): void;
  /** Ends that and all code that runs. */
  close(): Promise<void>;
}
