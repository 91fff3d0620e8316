"""Generic controller machinery: informers, work queue, workers, leader election. It knows nothing of Flink."""
