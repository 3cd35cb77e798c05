/** Characters of the longest input that is checked: many times what a model writes in one call. */
export const longestInput = 1_048_576;
