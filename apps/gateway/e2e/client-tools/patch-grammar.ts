/** A grammar for patches in Lark's notation, as a coding agent declares it with its custom tool. */
export const patchGrammar = `start: begin hunk+ end
begin: "*** Begin Patch" LF
end: "*** End Patch" LF?

hunk: add | remove | update
add: "*** Add File: " filename LF added+
remove: "*** Delete File: " filename LF
update: "*** Update File: " filename LF move? change?

filename: /(.+)/
added: "+" /(.*)/ LF -> line

move: "*** Move to: " filename LF
change: (context | changed)+ eof?
context: ("@@" | "@@ " /(.+)/) LF
changed: ("+" | "-" | " ") /(.*)/ LF
eof: "*** End of File" LF

%import common.LF
`;
