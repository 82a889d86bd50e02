#include "gotemplate/value.h"
