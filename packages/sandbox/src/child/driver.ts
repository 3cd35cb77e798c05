/** Gives the namespace that {@link driver} is run in: with built-in functions of its own, which no other code replaces. */
export const driverNamespace =
  "import builtins; {'__name__': 'notebook', '__builtins__': dict(vars(builtins))}";

/**
 * Runs code as a notebook does, in one namespace, inside Python. Whatever the code raises ends here: an exception that
 * left the interpreter would end the process. `run` gives "completed", "failed" or "timed_out". Code may replace what it
 * finds, in modules and among the built-in functions, and close its streams: what is needed for the next run is taken
 * beforehand, and streams are made for each.
 */
export const driver = String.raw`
import asyncio, builtins, linecache, os, sys, time, types
from ast import Expr, Expression, PyCF_ALLOW_TOP_LEVEL_AWAIT, PyCF_ONLY_AST
from asyncio import all_tasks, current_task
from inspect import CO_COROUTINE
from io import BufferedWriter, FileIO, TextIOWrapper
from time import monotonic
from traceback import format_exception

def _open(number, name):
    file = FileIO(number, "w", closefd=False)
    file.name = name
    how = {"encoding": "utf-8", "errors": "backslashreplace", "line_buffering": True, "write_through": True}
    return TextIOWrapper(BufferedWriter(file), **how)

_here = (lambda: 0).__code__.co_filename

def _refuse(what):
    def refused(*args, **kwargs):
        raise OSError(what + " is not available here")
    return refused

# These would end the process instead of failing.
for _name in ("system", "abort", "_exit", "kill", "killpg", "popen"):
    if hasattr(os, _name):
        setattr(os, _name, _refuse("os." + _name + "()"))

_sleep = time.sleep

def _sleep_in_slices(seconds):
    # Asleep, the interpreter does not notice that its time is over.
    end = monotonic() + seconds
    while (left := end - monotonic()) > 0:
        _sleep(min(left, 0.05))

time.sleep = _sleep_in_slices

class Notebook:
    def __init__(self):
        self.namespace = {"__name__": "__main__", "__builtins__": builtins, "__doc__": None}
        self.count = 0
        self.late = False
        self.runs = False

    async def run(self, code):
        self.late = False
        try:
            return await self._attempt(code)
        except KeyboardInterrupt:
            return "timed_out"
        except BaseException:
            return "timed_out" if self.late else "failed"

    async def _attempt(self, code):
        # Its own are apart from those that code may close.
        self.out, self.err = _open(1, "<stdout>"), _open(2, "<stderr>")
        given = _open(1, "<stdout>"), _open(2, "<stderr>")
        sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__ = given
        self.namespace["__builtins__"] = builtins
        self.count += 1
        self.runs = True
        name = "cell " + str(self.count)
        try:
            linecache.cache[name] = (len(code), None, code.splitlines(True), name)
        except Exception:
            pass
        try:
            await self._run(code, name)
            end = "completed"
        except BaseException as error:
            self._flush(given)
            end = self._tell(error)
        finally:
            self._settle()
        self._flush(given)
        return end

    def _flush(self, streams):
        for stream in streams:
            try:
                stream.flush()
            except Exception:
                pass

    async def warm_up(self):
        # The first run loads and compiles much.
        await self.run("1")
        self.namespace.pop("_", None)
        self.count = 0

    async def _run(self, code, name):
        tree = compile(code, name, "exec", PyCF_ONLY_AST, dont_inherit=True)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], Expr) else None
        flags = PyCF_ALLOW_TOP_LEVEL_AWAIT
        if tree.body:
            await self._evaluate(compile(tree, name, "exec", flags, dont_inherit=True))
        if last is not None:
            shown = compile(Expression(last.value), name, "eval", flags, dont_inherit=True)
            value = await self._evaluate(shown)
            if value is not None:
                self.namespace["_"] = value
                self._flush((sys.stdout,))
                print(repr(value), file=self.out)

    async def _evaluate(self, compiled):
        value = eval(compiled, self.namespace)
        return await value if compiled.co_flags & CO_COROUTINE else value

    def cancel(self):
        if not self.runs:
            return
        self.late = True
        for task in all_tasks():
            task.cancel()

    def _tell(self, error):
        if self.late or isinstance(error, KeyboardInterrupt):
            print("\nInterrupted: the time limit was reached.", file=self.err)
            return "timed_out"
        if isinstance(error, SystemExit):
            if error.code is None or error.code == 0:
                return "completed"
            print("SystemExit: " + str(error.code), file=self.err)
            return "failed"
        try:
            self._trim(error, set())
            told = "".join(format_exception(error, limit=-20))
        except BaseException:
            told = type(error).__name__ + "\n"
        print(told, end="", file=self.err)
        return "failed"

    def _trim(self, error, seen):
        if error is None or id(error) in seen:
            return
        seen.add(id(error))
        trace = error.__traceback__
        while trace is not None and trace.tb_frame.f_code.co_filename == _here:
            trace = trace.tb_next
        error.__traceback__ = trace
        self._trim(error.__cause__, seen)
        self._trim(error.__context__, seen)

    def _settle(self):
        self.runs = False
        try:
            this = current_task()
            while this.cancelling():
                this.uncancel()
            for task in all_tasks():
                if task is not this:
                    task.cancel()
        except BaseException:
            pass

_loop = asyncio.get_event_loop()
# What a task raises that nobody awaits must not leave the loop.
_loop._system_exit_handler = lambda code: None
_loop._keyboard_interrupt_handler = lambda: None

# What asyncio.run() asks for is all that is left of these.
for _name in [name for name in sys.modules if name.partition(".")[0] in ("js", "pyodide_js")]:
    del sys.modules[_name]
_api = types.ModuleType("pyodide_js._api")
_api.config = types.SimpleNamespace(enableRunUntilComplete=True)
sys.modules["pyodide_js"] = types.ModuleType("pyodide_js")
sys.modules["pyodide_js._api"] = sys.modules["pyodide_js"]._api = _api

Notebook()
`;
