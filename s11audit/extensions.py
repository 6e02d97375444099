"""The Flask extensions, made once and bound to the application by `create_app`."""

from flask_security import Security
from flask_sqlalchemy_lite import SQLAlchemy
from flask_talisman import Talisman
from flask_wtf import CSRFProtect

db = SQLAlchemy(session_options={"expire_on_commit": False})
csrf = CSRFProtect()
security = Security()
talisman = Talisman()
