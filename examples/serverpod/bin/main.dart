import 'package:auth_center_server/server.dart';

void main(List<String> args) {
  run(args);
}
