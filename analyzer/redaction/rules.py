"""All rules, in their order. Compiling them takes a tenth of a short command's time, so only a redactor at work asks for them."""

from analyzer.redaction.accounts import ACCOUNT_RULES
from analyzer.redaction.hosts import HOST_RULES
from analyzer.redaction.media import MEDIA_RULES, MODEL_RULES, TRAINED_RULES
from analyzer.redaction.paths import PATH_RULES
from analyzer.redaction.prompts import PROMPT_RULES
from analyzer.redaction.rule import Rule
from analyzer.redaction.tokens import TOKEN_RULES

# The order matters. Prompts first: they may hold anything and go as a whole. Tokens before paths and hosts: a token may
# look like a part of either, and a login in a URL hides where its host begins. Users before files and hosts: they are
# learned, and the host of a shell's prompt stands behind its user. Words come last, see `Redactor._rewrite`.
RULES: tuple[Rule, ...] = (*PROMPT_RULES, *TOKEN_RULES, *PATH_RULES, *ACCOUNT_RULES, *TRAINED_RULES, *MEDIA_RULES, *HOST_RULES)
# On top of these, where the names of models are private too.
ALL_RULES: tuple[Rule, ...] = (*RULES, *MODEL_RULES)
