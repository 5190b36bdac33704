#pragma once
double shared[12][20];
