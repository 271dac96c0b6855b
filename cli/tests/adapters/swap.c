/* A correct adapter. */
#include "swap.h"
#include "table.h"
