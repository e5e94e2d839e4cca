from components import services, shell, validate_page
from components.places import VALIDATE

validate_page.draw(shell.conversation(VALIDATE), services.deployment(), services.person(), services.unavailable())
