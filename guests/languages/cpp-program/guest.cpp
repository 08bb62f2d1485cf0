// A program in C++: constructors before main, destructors after it, strings, containers, and virtual functions.

#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

struct Announced {
    const char *name;
    explicit Announced(const char *name) : name(name) { std::printf("%s begins\n", name); }
    ~Announced() { std::printf("%s ends\n", name); }
};

static Announced everything("everything");

struct Shape {
    virtual ~Shape() = default;
    virtual double area() const = 0;
};

struct Square : Shape {
    double side;
    explicit Square(double side) : side(side) {}
    double area() const override { return side * side; }
};

struct Circle : Shape {
    double radius;
    explicit Circle(double radius) : radius(radius) {}
    double area() const override { return 3.0 * radius * radius; }
};

int main(int argc, char **argv) {
    std::map<std::string, int> words;
    for (int i = 1; i < argc; i++) {
        words[argv[i]]++;
    }
    for (const auto &[word, count] : words) {
        std::printf("%s: %d\n", word.c_str(), count);
    }
    std::vector<std::unique_ptr<Shape>> shapes;
    shapes.push_back(std::make_unique<Square>(3));
    shapes.push_back(std::make_unique<Circle>(2));
    double area = 0;
    for (const auto &shape : shapes) {
        area += shape->area();
    }
    std::printf("area %.1f\n", area);
    return static_cast<int>(words.size());
}
