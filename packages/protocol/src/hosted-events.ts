/** Names an item: its id and its place in `output`. */
interface OfItem {
  item_id: string;
  output_index: number;
}

/** Events of searches in the web and of pictures in the making (API reference, "Streaming events"). */
export type HostedEventBody =
  | ({
      type:
        | "response.web_search_call.in_progress"
        | "response.web_search_call.searching"
        | "response.web_search_call.completed"
        | "response.image_generation_call.in_progress"
        | "response.image_generation_call.generating"
        | "response.image_generation_call.completed";
    } & OfItem)
  | ({
      type: "response.image_generation_call.partial_image";
      /** Counted from 0. */
      partial_image_index: number;
      partial_image_b64: string;
      background?: string;
      output_format?: string;
      quality?: string;
      size?: string;
    } & OfItem);
