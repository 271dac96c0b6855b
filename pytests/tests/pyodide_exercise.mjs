// Runs the exercises of an adapter inside of Pyodide: FOLDER OF PYODIDE, FOLDER OF pytests.
import { pathToFileURL } from "node:url";
import { resolve } from "node:path";

const [pyodideFolder, pytests] = process.argv.slice(2).map((path) => resolve(path));
const { loadPyodide } = await import(pathToFileURL(`${pyodideFolder}/pyodide.mjs`));
const python = await loadPyodide({ indexURL: pyodideFolder });
python.mountNodeFS("/pytests", pytests);
// Only code that is entered asynchronously runs on a stack that can be suspended.
await python.runPythonAsync(`
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, '/pytests/tests')
import adapter_exercise
adapter_exercise.main('pyodide')
`);
