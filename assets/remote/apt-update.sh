get update
