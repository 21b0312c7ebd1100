{#
    Takes away every (vendor, account, day) cell of an incremental model that is not exactly as `cells` has it: those whose counting
    generations changed, those that are empty now and those that are gone. A key-wise strategy would leave the last two behind.
#}
{% macro forget_stale_cells(cells) %}
    {% if is_incremental() %}
        delete from {{ this }} as stored
        where not exists (
            select 1 from {{ cells }} as cells
            where cells.vendor = stored.vendor
                and cells.account = stored.account
                and cells.day = stored.day
                and cells.cell_version = stored.cell_version
        )
    {% else %}
        select 1
    {% endif %}
{% endmacro %}
