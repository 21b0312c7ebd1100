"""No value passes between steps: data lies in files and in the warehouse. An asset that returns one is a mistake (security-privacy 8)."""

import dagster as dg


class RefuseIO(dg.IOManager):
    def handle_output(self, context: dg.OutputContext, obj: object) -> None:
        raise dg.DagsterInvariantViolationError(f"{context.step_key} returned a value; assets return MaterializeResult only")

    def load_input(self, context: dg.InputContext) -> object:
        raise dg.DagsterInvariantViolationError("no input is loaded between steps; read the file or the warehouse")


@dg.io_manager(config_schema={})
def refuse_io(_context: dg.InitResourceContext) -> RefuseIO:
    return RefuseIO()
