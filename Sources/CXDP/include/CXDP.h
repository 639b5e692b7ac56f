/* placeholder */
#include "decap.h"
