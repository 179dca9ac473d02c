"""Loads the model beside the server, so that /health answers meanwhile."""

from __future__ import annotations

import logging
import threading

from .metrics import Metrics
from .model import Classifier, ModelError
from .settings import Settings

log = logging.getLogger(__name__)


class ModelLoader:
    """Owns the one model of the server.

    A load that fails is tried again, because model files often arrive after
    the server: on a new volume there are none. Meanwhile `problem` says what
    is missing.
    """

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._settings = settings
        self._metrics = metrics
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="model-loader", daemon=True)
        self.model: Classifier | None = None
        self.problem = "the model is being loaded"

    def start(self) -> None:
        """Begin to load in the background."""
        self._thread.start()

    def stop(self) -> None:
        """Give up loading. A load that is under way ends with the process."""
        self._stopped.set()

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                model = Classifier.load(self._settings)
            except ModelError as error:
                self._fail(str(error))
            except Exception as error:
                log.exception("loading the model failed")
                self._fail(f"loading the model failed: {error}")
            else:
                self.model = model
                self._metrics.set_loaded(model.provider)
                log.info("model %s is loaded, on %s", self._settings.model_path, model.provider)
                return
            self._stopped.wait(self._settings.load_retry_seconds)

    def _fail(self, problem: str) -> None:
        if problem != self.problem:
            log.warning("%s; trying again every %g s", problem, self._settings.load_retry_seconds)
        self.problem = problem
