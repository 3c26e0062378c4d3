"""Actions of the grammar: what each production builds.

The method of `Builder` that has the name of a production's alias receives the
production's span and then the value of each of its symbols: an index into the
tokens for a token, for a nonterminal what its production returned.
"""

from compiler.syntax.actions.declarations import DeclarationActions
from compiler.syntax.actions.expressions import ExpressionActions
from compiler.syntax.actions.patterns import PatternActions
from compiler.syntax.actions.statements import StatementActions
from compiler.syntax.actions.types import TypeActions

__all__ = ["Builder"]


class Builder(DeclarationActions, StatementActions, PatternActions, ExpressionActions, TypeActions):
    """All actions together."""
