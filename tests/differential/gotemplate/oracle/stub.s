// Empty: lets helm3.go and helm4.go declare a function without a body.
