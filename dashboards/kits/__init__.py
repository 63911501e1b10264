"""The kits that `comfymeter init` writes."""

from dashboards.kits.base import RUNBOOKS, Kit, folder, grafana, rules, shipped
from dashboards.kits.prometheus_rule import prometheus_rule

__all__ = ["KITS", "RUNBOOKS", "Kit"]


def _dashboards(runbooks: str) -> dict[str, str]:
    return {
        "provisioning/datasources/comfymeter.yaml": shipped("kits/dashboards/datasource.yaml"),
        "provisioning/dashboards/comfymeter.yaml": shipped("kits/dashboards/provider.yaml"),
        **grafana("comfymeter", runbooks),
    }


def _alerts(runbooks: str) -> dict[str, str]:
    return {
        "prometheus.yml": shipped("kits/alerts/prometheus.yml"),
        "comfymeter.rules.yml": rules(runbooks),
        "alertmanager.yml": shipped("kits/alerts/alertmanager.yml"),
        **folder("runbooks", ".md", RUNBOOKS),
    }


def _compose(runbooks: str) -> dict[str, str]:
    return {
        "compose.yaml": shipped("kits/compose/compose.yaml"),
        "Dockerfile": shipped("kits/compose/Dockerfile"),
        "prometheus/prometheus.yml": shipped("kits/compose/prometheus.yml"),
        "prometheus/comfymeter.rules.yml": rules(runbooks),
        "alertmanager/alertmanager.yml": shipped("kits/alerts/alertmanager.yml"),
        "grafana/datasource.yaml": shipped("kits/compose/datasource.yaml"),
        "grafana/provider.yaml": shipped("kits/dashboards/provider.yaml"),
        **grafana("grafana/dashboards", runbooks),
        **folder("runbooks", ".md", RUNBOOKS),
    }


def _kubernetes(runbooks: str) -> dict[str, str]:
    return {
        "servicemonitor.yaml": shipped("kits/kubernetes/servicemonitor.yaml"),
        "prometheusrule.yaml": prometheus_rule(rules(runbooks)),
        "deployment-patch.yaml": shipped("kits/kubernetes/deployment-patch.yaml"),
        **folder("runbooks", ".md", RUNBOOKS),
    }


def _config(runbooks: str) -> dict[str, str]:
    return {"comfymeter.toml": shipped("kits/config/comfymeter.toml")}


def _lnav(runbooks: str) -> dict[str, str]:
    return {"comfyui.json": shipped("kits/lnav/comfyui.json")}


def _systemd(runbooks: str) -> dict[str, str]:
    return folder("kits/systemd", ".service", ".")


KITS: tuple[Kit, ...] = (
    Kit(
        name="dashboards",
        about="Grafana dashboards and their provisioning",
        files=_dashboards,
        then="copy #/provisioning to /etc/grafana and #/comfymeter to /var/lib/grafana/dashboards, then restart Grafana",
    ),
    Kit(
        name="alerts",
        about="Prometheus rules, configurations of Prometheus and Alertmanager, runbooks",
        files=_alerts,
        then="put your receivers into #/alertmanager.yml, then: prometheus --config.file=#/prometheus.yml",
    ),
    Kit(
        name="compose",
        about="comfymeter's demo with Prometheus, Alertmanager and Grafana",
        files=_compose,
        then="cd # && GRAFANA_PASSWORD=... docker compose up -d, then open http://127.0.0.1:3000",
    ),
    Kit(
        name="kubernetes",
        about="ServiceMonitor, PrometheusRule, comfymeter beside ComfyUI in its pod",
        files=_kubernetes,
        then="put your image into #/deployment-patch.yaml, then: kubectl apply -f #/servicemonitor.yaml -f #/prometheusrule.yaml",
    ),
    Kit(
        name="config",
        about="a commented comfymeter.toml",
        files=_config,
        then="take the # away from what you want in comfymeter.toml; it is read from the working directory",
    ),
    Kit(
        name="lnav",
        about="a log format for lnav",
        files=_lnav,
        then="lnav -i #/comfyui.json, then: lnav comfyui.log",
    ),
    Kit(
        name="systemd",
        about="units for `serve` and `record`",
        files=_systemd,
        then="set paths and users in them, copy them to /etc/systemd/system, then: systemctl daemon-reload",
    ),
)
