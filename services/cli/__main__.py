"""The `agora` command: partners deliver and read, operators look after what was given up."""

import typer

from services.cli import identity, operator, partner

app = typer.Typer(
    help="Le hub de la formation professionnelle, depuis un terminal.",
    epilog="États de sortie : 0 fait, 1 fait et il reste à faire, 2 pas fait.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # it would print the values of variables, an address among them
)
partner.add_to(app)
operator.add_to(app)
identity.add_to(app)

if __name__ == "__main__":
    app(prog_name="agora")
