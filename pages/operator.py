from components import operator_page, services, shell
from components.places import OPERATOR

shell.conversation(OPERATOR)
operator_page.draw(services.deployment(), services.who(), services.unavailable())
