"""The columns of the Pods tab under one name: see screens/columns."""

from .columns.cells import HOT as HOT
from .columns.cells import image_tag as image_tag
from .columns.cells import rank as rank
from .columns.cells import severity_cell as severity_cell
from .columns.cells import share as share
from .columns.cells import words_cell as words_cell
from .columns.events import event_columns as event_columns
from .columns.events import event_order as event_order
from .columns.hpas import hpa_columns as hpa_columns
from .columns.nodes import node_columns as node_columns
from .columns.pods import pod_columns as pod_columns
from .columns.pods import pod_mark as pod_mark
from .columns.pods import pod_order as pod_order
from .columns.workloads import WorkloadRow as WorkloadRow
from .columns.workloads import workload_columns as workload_columns
from .columns.workloads import workload_order as workload_order
