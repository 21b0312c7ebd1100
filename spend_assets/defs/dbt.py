"""The dbt project as assets, its tests as checks, and the verdict that publication reads."""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtCliResource, DbtProject, dbt_assets

from spend_assets.dbt_build import DBT, PROJECT_DIR, ensure_manifest, only_dbt_environment
from spend_assets.pipeline import Pipeline


class NoConfig(dg.Config):
    """Run config with any key is refused when a run is launched; without this, dbt's step would take whatever is sent."""


class Translator(DagsterDbtTranslator):
    """Layers become groups; owners as everywhere."""

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None) -> dg.AssetSpec:
        spec = super().get_asset_spec(manifest, unique_id, project)
        node = manifest["nodes"].get(unique_id) or manifest["sources"].get(unique_id, {})
        if node.get("resource_type") == "source":
            return spec
        layer = (node.get("fqn") or ["", "models"])[1]
        return spec.replace_attributes(group_name="seeds" if node.get("resource_type") == "seed" else layer, owners=["team:data"])


def build_dbt_assets() -> dg.AssetsDefinition:
    manifest = ensure_manifest()
    project = DbtProject(project_dir=PROJECT_DIR)
    translator = Translator(
        settings=DagsterDbtTranslatorSettings(enable_source_tests_as_checks=True, enable_duplicate_source_asset_keys=True)
    )

    @dbt_assets(manifest=manifest, project=project, dagster_dbt_translator=translator, name="marts_build", pool="home")
    def marts_build(context: dg.AssetExecutionContext, config: NoConfig, pipeline: dg.ResourceParam[Pipeline]) -> Iterator[Any]:
        with pipeline.building(say=context.log.info) as build:
            # Made here and not as a resource of Dagster: run config must not reach its paths (security-privacy 1).
            dbt = DbtCliResource(project_dir=project, profiles_dir=str(PROJECT_DIR), dbt_executable=str(DBT))
            arguments = ["build", *pipeline.dbt_arguments(build)]
            ensure_manifest()  # the project may have changed since these definitions were loaded
            with only_dbt_environment(build.warehouse):
                invocation = dbt.cli(arguments, context=context, target_path=build.target, raise_on_error=False)
            yield from invocation.stream()
            # dbt pickles its graph beside its results; nobody reads it, and no pickle lies under SPEND_HOME (security-privacy 8).
            (build.target / "graph.gpickle").unlink(missing_ok=True)
            build.finish()

    return marts_build
