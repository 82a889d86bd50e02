// What the precompiled headers are built with (SluiceTargets.cmake).
int main() { return 0; }
